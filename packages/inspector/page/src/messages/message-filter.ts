import type { ShownMessage } from "../state/message-ring.ts";

export type MessageKind = "all" | "calls" | "lifecycle";

export interface MessageFilter {
  readonly text: string;
  readonly kind: MessageKind;
  /** Only what this manager sends or gets. */
  readonly only?: string | undefined;
}

export function filterMessages(
  messages: readonly ShownMessage[],
  { text, kind, only }: MessageFilter,
): readonly ShownMessage[] {
  const sought = text.trim().toLowerCase();
  return messages.filter((message) => {
    const { gap, type, fromName, toName, operation = "", requestId = "", maker, end } = message;
    if (gap !== undefined) return sought === "";
    if (only !== undefined && fromName !== only && toName !== only) return false;
    if (kind !== "all" && (type === "call") !== (kind === "calls")) return false;
    if (sought === "") return true;
    const who = maker ? `${maker.caller} ${maker.user} ${maker.tenant ?? ""}` : "";
    const words = `${fromName ?? "outside"} ${toName} ${type} ${operation} ${requestId} ${who} ${end?.error?.reason ?? ""}`;
    return words.toLowerCase().includes(sought);
  });
}
