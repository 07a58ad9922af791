export { allTenants, operator } from "./roles.ts";
