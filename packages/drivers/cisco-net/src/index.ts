export { CiscoNetOptions } from "./options.ts";
