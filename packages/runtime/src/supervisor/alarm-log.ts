import type { Logger } from "../telemetry/index.ts";
import type { AlarmKind } from "../transport/alarm.ts";
import type { Transport } from "../transport/transport.ts";

/** A warning mends itself, or cost one message; an error stays until somebody corrects something. */
const levels: Readonly<Record<AlarmKind, "warn" | "error">> = {
  "handler.failed": "error",
  "message.malformed": "warn",
  "broker.unreachable": "warn",
  "broker.refused": "error",
  "broker.leaving": "warn",
  "publish.denied": "error",
  "subscribe.denied": "error",
  "broker.error": "error",
};

/** Writes to the log what a transport can tell no caller. Returns how to stop. */
export function logAlarms(transport: Pick<Transport, "onAlarm">, log: Logger): () => void {
  return transport.onAlarm(({ kind, message, subject, cause }) => {
    const fields = { alarm: kind, ...(subject === undefined ? {} : { subject }) };
    log[levels[kind]](cause === undefined ? fields : { ...fields, err: cause }, message);
  });
}
