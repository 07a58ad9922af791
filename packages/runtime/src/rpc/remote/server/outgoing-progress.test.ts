import { describe, expect, test } from "vitest";
import { progressWindow } from "../../wire/limits.ts";
import { OutgoingProgress } from "./outgoing-progress.ts";

function producer() {
  const sent: number[] = [];
  const missing: number[] = [];
  const progress = new OutgoingProgress((number, _value, missed) => {
    sent.push(number);
    missing.push(missed);
  });
  const fill = () => {
    let waits: Promise<void> | undefined;
    while (!waits && sent.length < 1_000) waits = progress.push("step");
    return waits;
  };
  return { sent, missing, progress, fill };
}

describe("OutgoingProgress", () => {
  test("stops at the end of the window until the reader allows more", async () => {
    const { sent, progress, fill } = producer();
    const waits = fill();
    expect(sent).toHaveLength(progressWindow);
    progress.allow(progressWindow);
    progress.allow(progressWindow + 4);
    await waits;
    fill();
    expect(sent).toHaveLength(progressWindow + 4);
  });

  test("is never allowed more than a window at once", async () => {
    const { sent, progress, fill } = producer();
    const waits = fill();
    progress.allow(1e9);
    await waits;
    fill();
    expect(sent).toHaveLength(2 * progressWindow);
  });

  test("tells with the next step how many there was no room for, and counts those at the end", async () => {
    const { sent, missing, progress, fill } = producer();
    fill();
    progress.missed(1);
    progress.missed(2);
    progress.allow(progressWindow + 1);
    progress.push("step");
    progress.missed(4);
    expect(sent.at(-1)).toBe(progressWindow);
    expect(missing.at(-1)).toBe(3);
    expect(progress.count).toBe(progressWindow + 1 + 4);
  });

  test("lets a waiting handler go when the call is over, and sends nothing more", async () => {
    const { sent, progress, fill } = producer();
    const waits = fill();
    progress.release();
    await waits;
    expect(progress.push("late")).toBeUndefined();
    expect(sent).toHaveLength(progressWindow);
  });
});
