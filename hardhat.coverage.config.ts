import { defineConfig } from "hardhat/config";

import config from "./hardhat.config.ts";

/** For `npm run coverage`: what it builds is instrumented, so it is kept apart from what is tested and deployed. */
export default defineConfig({
  ...config,
  paths: { artifacts: "coverage/artifacts", cache: "coverage/cache" },
  coverage: { skipFiles: ["contracts/test/**"] },
});
