import assert from "node:assert/strict";
import type { NetworkCase } from "./network-case.ts";

export const deviceRestart: readonly NetworkCase[] = [
  {
    promise:
      "a device that has restarted has another incarnation, and asking for everything again makes it as it was, nothing double",
    async hold(rig) {
      const network = rig.network(0);
      const ports = [0, 1, 2].map((n) => rig.port(n, network));
      const build = async () => {
        await rig.ensure(network);
        for (const port of ports) await rig.attach(port);
      };
      await build();
      const [before, facts] = [await rig.listed(), await rig.facts()];
      assert.equal((await rig.listed()).incarnation, before.incarnation, "it has not restarted yet");
      for (const how of ["the same session", "a new session"]) {
        const { incarnation } = await rig.listed();
        await rig.device.restart();
        if (how === "a new session") await rig.restart();
        const restarted = await rig.listed();
        assert.notEqual(restarted.incarnation, incarnation, `incarnation, in ${how}`);
        await build();
        await rig.carries([network], ports);
        assert.deepEqual(
          { ...(await rig.listed()), incarnation: "" },
          { ...before, incarnation: "" },
          `the list, in ${how}`,
        );
        await rig.unchanged(facts, `in ${how}`);
      }
      for (const port of ports) await rig.detach(port);
      await rig.remove(network);
      await rig.carries([], []);
    },
  },
  {
    promise: "after a restart of the device, detaching and removing what it may have forgotten succeed",
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.ensure(network);
      await rig.attach(port);
      await rig.device.restart();
      await rig.detach(port);
      await rig.remove(network);
      await rig.carries([], []);
    },
  },
  {
    promise: "what was saved is there after a restart of the device, and what was not is said to be unsaved",
    needs: ["persist"],
    async hold(rig) {
      const network = rig.network(0);
      const port = rig.port(0, network);
      await rig.driver.persist.save({});
      assert.equal(await rig.driver.persist.unsaved(), false, "unsaved after save()");
      await rig.ensure(network);
      assert.equal(await rig.driver.persist.unsaved(), true, "unsaved after a change");
      assert.equal((await rig.driver.stats()).unsavedChanges, true);
      await rig.attach(port);
      await rig.driver.persist.save({});
      assert.equal(await rig.driver.persist.unsaved(), false, "unsaved after save()");
      assert.equal((await rig.driver.stats()).unsavedChanges, false);
      await rig.device.restart();
      await rig.ensure(network);
      await rig.attach(port);
      await rig.carries([network], [port]);
      assert.equal(await rig.driver.persist.unsaved(), false, "something that was saved had to be made again");
    },
  },
];
