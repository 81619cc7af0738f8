/** What a column holds. Integers come back as numbers where they are safe, as bigints beyond. */
export type SqlValue = string | number | bigint | Uint8Array | null;
export type Row = Record<string, unknown>;

/**
 * The statements that both SQLite and PostgreSQL understand: `?` for a parameter, `ON CONFLICT`, `RETURNING`, no types that
 * only one of them has. A statement is prepared once and kept by its text, so texts must be constants.
 */
export type Sql = {
  all(statement: string, ...parameters: SqlValue[]): Promise<Row[]>;
  /** The first row. */
  get(statement: string, ...parameters: SqlValue[]): Promise<Row | undefined>;
  /** Returns how many rows it changed. */
  run(statement: string, ...parameters: SqlValue[]): Promise<number>;
  /** The same statement for many rows of parameters, as fast as the database can. */
  runMany(statement: string, rows: readonly (readonly SqlValue[])[]): Promise<void>;
};

/** The oracle's database. What `run` and `transaction` have resolved for is on disk, and survives a power cut. */
export type Database = Sql & {
  /**
   * Runs `work` whole or not at all. Transactions run one after the other, and nothing else runs in between; inside,
   * `sql` is to be used and nothing else.
   *
   * @throws What `work` throws; DatabaseUnavailableError when the database is not there: whether the transaction took
   * place is then unknown, and what was kept in memory of it must be read again.
   */
  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};
