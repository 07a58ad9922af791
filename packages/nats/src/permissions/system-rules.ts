import { publish, type Rule, subscribe } from "./rule.ts";

/** A manager as subjects name it: `volume.v1`. */
type Kind = string;

/**
 * The rules of everything but calls. All subjects of the runtime's own traffic, as the broker must know them, are in this
 * file: docs/wire.md says who uses them for what.
 */
export const systemRules = {
  /** Everybody: answers to what it asks, and who is there. */
  everybody: (namespace: string, caller: string): readonly Rule[] => [
    ...subscribe("to be answered", `_INBOX.${caller}.>`),
    ...publish("to ask who is there", `${namespace}.sys.members.wanted.>`),
    ...subscribe("to know who is there", `${namespace}.sys.members.beat.*`, `${namespace}.sys.members.found.>`),
  ],

  /** A supervisor: it answers, is a member, is placed on, inspected and listed. */
  supervisor: (namespace: string, caller: string, kinds: readonly Kind[]): readonly Rule[] => [
    ...publish("to answer", "_INBOX.>"),
    ...publish(
      "to be a member",
      `${namespace}.sys.members.beat.${caller}`,
      `${namespace}.sys.members.found.*.${caller}`,
    ),
    ...subscribe(
      "to be found",
      `${namespace}.sys.members.wanted.${caller}.host`,
      ...kinds.map((kind) => `${namespace}.sys.members.wanted.${kind}`),
    ),
    ...publish("to be placed on", `${namespace}.sys.capabilities`),
    ...subscribe("to be placed on", `${namespace}.sys.capabilities.wanted`, `${namespace}.sys.capabilities.wanted.*`),
    ...publish("to be inspected", `${namespace}.sys.inspect.news.*`),
    ...subscribe("to be inspected", `${namespace}.sys.inspect.watch`, `${namespace}.sys.inspect.ask.*`),
    // Not `$SRV.*`: nats-server takes the `>` of a subscription for a token that a last `*` stands for, and `$SRV.>` would be
    // permitted with it.
    ...subscribe("to be listed", "$SRV.PING", "$SRV.INFO", "$SRV.STATS"),
    // Names alone: all versions of a manager go by one.
    ...[...new Set(kinds.map((kind) => kind.split(".")[0]))].flatMap((name) =>
      subscribe("to be listed", `$SRV.*.${name}`, `$SRV.*.${name}.*`),
    ),
  ],

  /** A supervisor with a scheduler. */
  scheduler: (namespace: string): readonly Rule[] => [
    ...subscribe("to place", `${namespace}.sys.capabilities`),
    ...publish("to place", `${namespace}.sys.capabilities.wanted`, `${namespace}.sys.capabilities.wanted.*`),
  ],

  /** A supervisor with an inspector page. */
  inspector: (namespace: string): readonly Rule[] => [
    ...subscribe("to inspect", `${namespace}.sys.inspect.news.*`),
    ...publish("to inspect", `${namespace}.sys.inspect.watch`, `${namespace}.sys.inspect.ask.*`),
  ],

  /** Whoever lists services, as `nats micro ls` does. */
  lister: (): readonly Rule[] => publish("to list", "$SRV.>"),
} as const;
