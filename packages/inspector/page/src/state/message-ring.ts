import type { MessageNews } from "@reeve/runtime/internal/inspection";

/** A message as the page keeps it; `gap` marks where some may be missing. */
export interface ShownMessage extends MessageNews {
  readonly key: string;
  readonly instance: string;
  readonly fromName: string | undefined;
  readonly toName: string;
  readonly gap?: string;
}

export const mostMessages = 5_000;

/** The newest messages, oldest first. */
export class MessageRing {
  #messages: ShownMessage[] = [];
  /** How many were ever shown or counted by one shown. */
  total = 0;
  /** How many the hosts saw but could not even count by kind. */
  skipped = 0;

  add(instance: string, messages: readonly MessageNews[]): void {
    for (const message of messages) {
      this.total += message.count;
      const { from, to, seq } = message;
      const fromName = from === undefined ? undefined : nameOf(from);
      this.#messages.push({ ...message, instance, key: `${instance} ${seq}`, fromName, toName: nameOf(to) });
    }
    this.#trim();
  }

  mark(gap: string, at: number): void {
    this.#messages.push({
      key: `gap ${at} ${this.total}`,
      instance: "",
      fromName: undefined,
      toName: "",
      gap,
      seq: 0,
      at,
      to: "",
      type: "",
      count: 0,
    });
    this.#trim();
  }

  get all(): readonly ShownMessage[] {
    return this.#messages;
  }

  clear(): void {
    this.#messages = [];
  }

  #trim(): void {
    if (this.#messages.length > mostMessages * 1.2) this.#messages = this.#messages.slice(-mostMessages);
  }
}

/** `volume/block-01#3` → `volume/block-01`. */
export function nameOf(id: string): string {
  return id.replace(/#\d+$/, "");
}
