import { expect, test } from "vitest";
import { Outlet } from "./outlet.ts";

test("a slow viewer costs no memory: frames are dropped, counted, and told of once there is room", () => {
  const socket = {
    bufferedAmount: 0,
    sent: [] as string[],
    send(text: string) {
      this.sent.push(text);
      this.bufferedAmount += text.length;
    },
  };
  const caughtUp: number[] = [];
  const outlet = new Outlet(socket, (missed) => caughtUp.push(missed));
  const megabyte = "x".repeat(1_048_576);
  for (let index = 0; index < 100; index++) outlet.send(megabyte);
  expect(socket.sent.length).toBeLessThanOrEqual(6);
  const sent = socket.sent.length;
  socket.bufferedAmount = 1_000_000;
  outlet.send("still too much on its way");
  expect(caughtUp).toEqual([]);
  socket.bufferedAmount = 0;
  outlet.send("news");
  expect(caughtUp).toEqual([100 - sent + 1]);
  expect(socket.sent.at(-1)).toBe("news");
});
