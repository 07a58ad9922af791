import { Announcer, type AnnouncerOptions, type Member, Members, type MembersOptions } from "@reeve/runtime/internal";
import { systemClock, type Transport } from "@reeve/runtime/transport";
import { type RecordingLogger, recordingLogger } from "@reeve/testing";
import { onTestFinished } from "vitest";

let made = 0;

export interface Watcher {
  readonly members: Members;
  readonly log: RecordingLogger;
  readonly gone: Member[];
  /** Resolves at the first change, or now, at which the condition holds. */
  until(condition: () => boolean): Promise<void>;
}

/** Hears who is there. */
export function watcher(link: Transport, options: Partial<MembersOptions> = {}): Watcher {
  made += 1;
  const log = recordingLogger();
  const counters = { counter: () => ({ add() {} }) };
  const members = new Members({ clock: systemClock, link, sender: `watcher-${made}`, log, counters, ...options });
  onTestFinished(() => members.close());
  const gone: Member[] = [];
  members.onGone((member) => gone.push(member));
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const stop = members.onChange(check);
      function check() {
        if (!condition()) return;
        stop();
        resolve();
      }
      check();
    });
  return { members, log, gone, until };
}

/** Tells who is here. */
export function announcer(
  link: Transport,
  options: Pick<Partial<AnnouncerOptions>, "intervalMs" | "host" | "sender"> = {},
): Announcer {
  made += 1;
  const announcer = new Announcer({
    clock: systemClock,
    random: Math.random,
    link,
    sender: `announcer-${made}`,
    host: "host",
    intervalMs: 200,
    log: recordingLogger(),
    counters: { counter: () => ({ add() {} }) },
    ...options,
  });
  onTestFinished(() => announcer.close());
  return announcer;
}
