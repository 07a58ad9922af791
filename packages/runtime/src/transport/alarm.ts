import { Listeners } from "./listeners.ts";

export type AlarmKind =
  /** A subscriber's handler, or a listener, threw or rejected. */
  | "handler.failed"
  /** A message could not be read and was dropped. */
  | "message.malformed"
  /** No broker could be reached; the attempts go on. */
  | "broker.unreachable"
  /** The broker refuses the credentials; the attempts go on. */
  | "broker.refused"
  /** The broker is about to shut down and will cut the link; the client moves by itself. */
  | "broker.leaving"
  /** The broker forbids what was published to `subject`: the message is lost. Told once until it is permitted. */
  | "publish.denied"
  /** The broker forbids the subscription to `subject`: it gets nothing, and is tried again every 5 s. Told once until it is permitted. */
  | "subscribe.denied"
  /** Another complaint of the broker. */
  | "broker.error";

/** Something that no call can report because nobody awaits it. */
export interface TransportAlarm {
  readonly kind: AlarmKind;
  /** What happened, to what, and what to do. */
  readonly message: string;
  readonly subject?: string | undefined;
  readonly cause?: unknown;
}

/** Tells alarms to whoever listens, and to the process's own warnings while nobody does. */
export class Alarms {
  readonly #listeners = new Listeners<TransportAlarm>();

  on(listener: (alarm: TransportAlarm) => void): () => void {
    return this.#listeners.add(listener);
  }

  raise(kind: AlarmKind, message: string, details: { subject?: string; cause?: unknown } = {}): void {
    const alarm: TransportAlarm = { kind, message, ...details };
    // A listener that throws while being told of a failure has nobody left to be told.
    if (this.#listeners.tell(alarm, warn) === 0) warn(alarm.cause, alarm);
  }
}

function warn(cause: unknown, alarm: TransportAlarm): void {
  const detail = cause instanceof Error ? cause.stack : undefined;
  process.emitWarning(alarm.message, { type: "TransportWarning", code: alarm.kind, ...(detail ? { detail } : {}) });
}
