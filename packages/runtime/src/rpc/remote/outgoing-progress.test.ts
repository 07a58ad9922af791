import { describe, expect, test } from "vitest";
import { progressWindow } from "../wire/limits.ts";
import { OutgoingProgress } from "./outgoing-progress.ts";

function producer() {
  const sent: number[] = [];
  const progress = new OutgoingProgress((number) => sent.push(number));
  const fill = () => {
    let waits: Promise<void> | undefined;
    while (!waits && sent.length < 1_000) waits = progress.push("step");
    return waits;
  };
  return { sent, progress, fill };
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

  test("lets a waiting handler go when the call is over, and sends nothing more", async () => {
    const { sent, progress, fill } = producer();
    const waits = fill();
    progress.release();
    await waits;
    expect(progress.push("late")).toBeUndefined();
    expect(sent).toHaveLength(progressWindow);
  });
});
