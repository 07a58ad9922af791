export type { Incumbent, RegisterOptions, Registration, ServiceRecord } from "./registration.ts";
export { Registry, type RegistryOptions } from "./registry.ts";
