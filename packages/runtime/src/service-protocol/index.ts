export type { ServedEndpoint, ServedManager } from "./served-manager.ts";
export { ServiceProtocol, type ServiceProtocolOptions } from "./service-protocol.ts";
