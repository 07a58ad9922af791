import { check } from "@reeve/example-telling";
import type { Step } from "../step.ts";

export const drain: Step = {
  name: "drain",
  title: "Send SIGTERM to a process that is at work",
  async run(house, tell) {
    const { second } = house;
    check(second !== undefined, "no second process runs");
    second.copy();
    const { percent } = await second.hear("progress", (word) => word.percent > 0);
    const ended = second.end("SIGTERM");
    tell.say(`process ${second.pid} was told to stop at ${percent} %`);
    const { status } = await second.hear("copied");
    const code = await ended;
    tell.say(`it finished the copy, which is ${status}, and left with exit code ${code}`);
    check(status === "available", `the copy is ${status}`);
    check(code === 0, `it left with exit code ${code}`);
  },
};
