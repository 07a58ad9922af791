import { existsSync } from "node:fs";
import { isError } from "@reeve/contract";
import { check, type Step, until } from "@reeve/example-telling";
import { servers } from "./contract.ts";
import type { Desk } from "./desk.ts";
import { imageOf, partOf } from "./image-server.ts";

const reaches = (desk: Desk, id: string, state: string) =>
  until(`${id} to be ${state}`, async () => ((await desk.state(id)) === state ? true : undefined));

export const steps: readonly Step<Desk>[] = [
  {
    name: "order",
    title: "Order three servers, and rack two of them",
    async run(desk, tell) {
      const clerk = desk.as("clerk");
      for (const [id, model] of [
        ["s1", "r760"],
        ["s2", "dud"],
        ["s3", "r760"],
      ] as const)
        await clerk.order({ id, model }, { idempotencyKey: `order ${id}` });
      for (const id of ["s1", "s2"]) await clerk.racked({ id });
      tell.say("s1 and s2 are racked, and their images are being written; s3 has not come");
    },
  },
  {
    name: "kill",
    title: "kill -9 the host in the middle of an image",
    async run(desk, tell) {
      const part = partOf(desk.directory, "s1");
      await until("the first block of s1", () => (existsSync(part) ? true : undefined));
      await desk.end("SIGKILL");
      check(!existsSync(imageOf(desk.directory, "s1")), "the image was finished before the host was killed");
      const pid = await desk.start();
      tell.say(`process ${pid} goes on: the half of an image is erased, and it is begun again`);
      await reaches(desk, "s1", "approval");
      check(existsSync(imageOf(desk.directory, "s1")), "s1 waits for an operator without an image");
      check(!existsSync(part), "half of an image was left behind");
    },
  },
  {
    name: "retry",
    title: "Try again what fails, with pauses",
    async run(desk, tell) {
      await reaches(desk, "s2", "approval");
      const { attempts } = await desk.as("clerk").get({ id: "s2" });
      check(attempts === 3, `s2 has its image after ${attempts} attempts`);
      tell.say("the image of s2 was written at the third attempt");
    },
  },
  {
    name: "overdue",
    title: "Let a time pass while nobody runs",
    async run(desk, tell) {
      check((await desk.state("s3")) !== "imaging", "s3 was racked");
      await desk.end("SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      await desk.start();
      await reaches(desk, "s3", "overdue");
      tell.say("s3 should have been racked meanwhile: it is overdue, as soon as the host is back");
    },
  },
  {
    name: "approve",
    title: "Approve what has waited through it all",
    async run(desk, tell) {
      const ada = desk.as("ada");
      for (const id of ["s1", "s2"]) {
        const { state, approvedBy } = await ada.approve({ id });
        check(state === "ready" && approvedBy === "ada", `${id} is ${state}, approved by ${approvedBy}`);
      }
      const again = await ada.approve({ id: "s1" }).catch((error: unknown) => error);
      check(isError(again, servers, "approve", "NOT_WAITING"), `approved twice: ${again}`);
      tell.say("s1 and s2 are ready; nobody can approve them twice");
      const { items } = await desk.as("clerk").list({});
      const states = items.map(({ id, state }) => `${id} ${state}`).join(", ");
      check(states === "s1 ready, s2 ready, s3 overdue", `the list says ${states}`);
    },
  },
];
