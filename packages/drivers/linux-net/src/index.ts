export { localMachine } from "./host/local-machine.ts";
export type { Ended, Machine, RunOptions } from "./host/machine.ts";
export { linuxNet, linuxNetOn } from "./linux-net.ts";
export { LinuxNetOptions } from "./options.ts";
