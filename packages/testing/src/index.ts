export {
  type Fault,
  type FaultScope,
  type FaultTransport,
  type FaultTransportOptions,
  faultTransport,
  type ProxyDirection,
  type TcpProxy,
  type TcpProxyOptions,
  tcpProxy,
} from "./faults/index.ts";
export {
  type NatsPermission,
  type NatsServer,
  type NatsServerOptions,
  type NatsServerTls,
  type NatsUser,
  natsServer,
  natsServerBinary,
} from "./nats-server/index.ts";
