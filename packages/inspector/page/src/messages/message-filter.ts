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
    const { gap, type, fromName, toName, operation = "" } = message;
    if (gap !== undefined) return sought === "";
    if (only !== undefined && fromName !== only && toName !== only) return false;
    if (kind !== "all" && (type === "call") !== (kind === "calls")) return false;
    return sought === "" || `${fromName ?? "outside"} ${toName} ${type} ${operation}`.toLowerCase().includes(sought);
  });
}
