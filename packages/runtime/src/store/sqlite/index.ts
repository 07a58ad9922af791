export { type SqliteOptions, sqlite } from "./backend.ts";
