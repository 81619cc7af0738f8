import loader from "highs";

/**
 * Loads HiGHS. The package's types are those of its CommonJS form, where the loader is a member of what is exported; the
 * ES module that Node loads exports the loader itself.
 */
export const loadHighs = loader as unknown as typeof loader.default;
