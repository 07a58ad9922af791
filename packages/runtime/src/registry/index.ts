export type { Registration } from "./registration.ts";
export { Registry } from "./registry.ts";
