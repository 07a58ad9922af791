import { describe, expect, test } from "vitest";
import { SwitchUnderTest, tapped } from "../cisco-net/switch-under-test.ts";
import { parts, recorded, recordingsAreHere, why } from "./recordings.ts";

/** A driver that is told by a simulated switch all but one answer: to `show vlan` it gets what a real switch said. */
async function driverThatIsTold(answer: object): Promise<SwitchUnderTest> {
  const through = tapped(async (request, post) => {
    const commands: readonly { readonly params: { readonly cmd: string } }[] = JSON.parse(request.body);
    const got = await post(request);
    const at = commands.findIndex(({ params }) => params.cmd === "show vlan");
    if (at === -1) return got;
    const answers = [JSON.parse(got.text)].flat();
    answers[at] = { ...answer, id: at + 1 };
    return { ...got, text: JSON.stringify(answers) };
  });
  return await SwitchUnderTest.open({ through, options: { interfaces: ["Ethernet1/1"] } });
}

/** A driver whose requests are answered by nothing but this, once it is connected. */
async function driverThatGets(status: number, text: string): Promise<SwitchUnderTest> {
  let connected = false;
  const under = await SwitchUnderTest.open({
    through: tapped((request, post) => (connected ? Promise.resolve({ status, text, cookies: [] }) : post(request))),
  });
  connected = true;
  return under;
}

describe.skipIf(!recordingsAreHere)(`the driver reads what real switches said${why}`, () => {
  test("01: one VLAN", async () => {
    await using under = await driverThatIsTold(JSON.parse(recorded("01")));
    expect((await under.stats()).vlans?.used).toBe(1);
  });

  test("02: two VLANs, the other of which is somebody's", async () => {
    await using under = await driverThatIsTold(JSON.parse(recorded("02")));
    expect((await under.stats()).vlans?.used).toBe(2);
    await expect(under.ensure("net-1", 2345)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
    expect(under.configured()).toEqual([]);
  });

  test("03: ids that are numbers, of a switch that has VLAN 1 as all do", async () => {
    const { TABLE_vlanbriefxbrief: table } = JSON.parse(recorded("03"));
    const rows = [{ "vlanshowbr-vlanid": 1, "vlanshowbr-vlanid-utf": 1, "vlanshowbr-vlanname": "default" }];
    rows.push(...table.ROW_vlanbriefxbrief);
    const body = { TABLE_vlanbriefxbrief: { ROW_vlanbriefxbrief: rows } };
    await using under = await driverThatIsTold({ jsonrpc: "2.0", result: { body } });
    expect((await under.stats()).vlans?.used).toBe(3);
    await expect(under.ensure("net-1", 230)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  test.each([
    [500, () => recorded("04"), "UNAVAILABLE"],
    [200, () => recorded("06"), "UNAVAILABLE"],
    [200, () => part("200"), "INTERNAL"],
    [400, () => part("400"), "UNAVAILABLE"],
    [401, () => part("401"), "UNAUTHENTICATED"],
    [405, () => part("405"), "FAILED_PRECONDITION"],
  ])("what is no answer to its request, with HTTP %i, is an error that says so", async (status, text, code) => {
    await using under = await driverThatGets(status, text());
    await expect(under.list()).rejects.toMatchObject({ code });
  });
});

function part(status: string): string {
  return [...parts(recorded("07"))].find(([name]) => name.startsWith(`resp.error.${status}.`))?.[1] ?? "";
}
