export { LinuxNetOptions } from "./options.ts";
