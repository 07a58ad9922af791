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
    ...publish("to ask who is there", `${namespace}.sys.wanted.members.*.*.${caller}`),
    ...subscribe(
      "to know who is there",
      `${namespace}.sys.alive.*`,
      `${namespace}.sys.members.*`,
      `${namespace}.sys.found.members.${caller}.*`,
    ),
  ],

  /** A supervisor: it answers, is a member, is placed on, inspected and listed. */
  supervisor: (namespace: string, caller: string, kinds: readonly Kind[]): readonly Rule[] => [
    ...publish("to answer", "_INBOX.>"),
    ...publish(
      "to be a member",
      `${namespace}.sys.alive.${caller}`,
      `${namespace}.sys.members.${caller}`,
      `${namespace}.sys.found.members.*.${caller}`,
    ),
    ...subscribe(
      "to be found",
      `${namespace}.sys.wanted.members._host.${caller}.*`,
      ...kinds.map((kind) => `${namespace}.sys.wanted.members.${kind}.*`),
    ),
    ...publish(
      "to be placed on",
      `${namespace}.sys.capabilities.${caller}`,
      `${namespace}.sys.found.capabilities.*.${caller}`,
    ),
    ...subscribe("to be placed on", `${namespace}.sys.wanted.capabilities.*`),
    ...publish(
      "to be inspected",
      `${namespace}.sys.inspection.${caller}`,
      `${namespace}.sys.found.inspection.*.${caller}`,
    ),
    ...subscribe("to be inspected", `${namespace}.sys.wanted.inspection.*`),
    // Not `$SRV.*`: nats-server takes the `>` of a subscription for a token that a last `*` stands for, and `$SRV.>` would be
    // permitted with it.
    ...subscribe("to be listed", "$SRV.PING", "$SRV.INFO", "$SRV.STATS"),
    // Names alone: all versions of a manager go by one.
    ...[...new Set(kinds.map((kind) => kind.split(".")[0]))].flatMap((name) =>
      subscribe("to be listed", `$SRV.*.${name}`, `$SRV.*.${name}.*`),
    ),
  ],

  /** A supervisor with a scheduler. */
  scheduler: (namespace: string, caller: string): readonly Rule[] => [
    ...subscribe("to place", `${namespace}.sys.capabilities.*`, `${namespace}.sys.found.capabilities.${caller}.*`),
    ...publish("to place", `${namespace}.sys.wanted.capabilities.${caller}`),
  ],

  /** A supervisor with an inspector page. */
  inspector: (namespace: string, caller: string): readonly Rule[] => [
    ...subscribe("to inspect", `${namespace}.sys.inspection.*`, `${namespace}.sys.found.inspection.${caller}.*`),
    ...publish("to inspect", `${namespace}.sys.wanted.inspection.${caller}`),
  ],

  /** Whoever lists services, as `nats micro ls` does. */
  lister: (): readonly Rule[] => publish("to list", "$SRV.>"),
} as const;
