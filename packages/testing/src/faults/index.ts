export type { FaultScope, InjectedFault } from "./fault-plan.ts";
export { type FaultTransport, type FaultTransportOptions, faultTransport } from "./fault-transport.ts";
export { type ProxyDirection, type TcpProxy, type TcpProxyOptions, tcpProxy } from "./tcp-proxy.ts";
