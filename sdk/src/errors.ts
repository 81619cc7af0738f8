export { CommonwattError, InvalidValueError } from "./commonwatt-error.ts";
