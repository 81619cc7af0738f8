import { describeStorage } from "../../test/support/storage-suite.ts";
import { openSqlite } from "./sqlite.ts";

describeStorage("SQLite", () => openSqlite(":memory:"));
