import { nexusSimulator } from "@reeve/testing";
import { describe, expect, test } from "vitest";
import { rpc, send } from "./nxapi.ts";
import { lines, parts, recorded, recordingsAreHere, why } from "./recordings.ts";

/**
 * The simulator is configured as the switch of each recording was, asked the same, and has to give the same answer: keys, types,
 * values. Recording 10 is of the REST interface (DME), which the simulator does not have.
 */
describe.skipIf(!recordingsAreHere)(`the simulator answers as the recorded switches did${why}`, () => {
  test("01: one VLAN with 128 ports", async () => {
    await using nexus = await nexusSimulator({
      interfaces: ["Ethernet1/1-128"],
      personality: { portsAre: "switched" },
    });
    const { body } = await rpc(nexus, ["show vlan"]);
    expect(JSON.parse(body)).toStrictEqual(JSON.parse(recorded("01")));
  });

  test("02: two VLANs, one without ports", async () => {
    await using nexus = await nexusSimulator({
      interfaces: ["Ethernet1/1-32"],
      configuration: "vlan 2345 ; interface e1/5-32 ; switchport",
    });
    const { body } = await rpc(nexus, ["show vlan"]);
    expect(JSON.parse(body)).toStrictEqual(JSON.parse(recorded("02")));
  });

  test("03: ids as numbers, ports in ranges, a list that is split", async () => {
    const answer = JSON.parse(recorded("03"));
    const rows: readonly Record<string, any>[] = answer.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief;
    const portsOf = (row: Record<string, any>): string[] => [row["vlanshowplist-ifidx"]].flat().join(",").split(",");
    const ports = rows.flatMap(portsOf);
    await using nexus = await nexusSimulator({
      personality: "n6k",
      interfaces: [...new Set(ports.filter((name) => name.startsWith("Ethernet")))],
      configuration: [
        `interface ${ports.join(",")} ; switchport mode trunk ; switchport trunk allowed vlan none`,
        ...rows.map(
          (row) =>
            `vlan ${row["vlanshowbr-vlanid"]} ; name ${row["vlanshowbr-vlanname"]} ; interface ${portsOf(row).join(",")} ; switchport trunk allowed vlan add ${row["vlanshowbr-vlanid"]}`,
        ),
      ].join("\n"),
    });
    const { body } = await rpc(nexus, ["show vlan brief"]);
    const simulated = JSON.parse(body).result.body;
    // The recording leaves VLAN 1 out, which every switch has.
    expect(Object.keys(simulated)).toEqual(Object.keys(answer));
    expect(simulated.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief.slice(1)).toStrictEqual(rows);
  });

  test("04: an unknown command", async () => {
    await using nexus = await nexusSimulator();
    const { status, body } = await rpc(nexus, ["bogus command"]);
    expect(status).toBe(500);
    expect(JSON.parse(body)).toStrictEqual(JSON.parse(recorded("04")));
  });

  test("05: a batch of configuration", async () => {
    await using nexus = await nexusSimulator();
    const { status, body } = await rpc(nexus, ["vlan 7", "name voice", "vlan 8"]);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toStrictEqual(JSON.parse(recorded("05")));
  });

  test("06: an unknown command in XML", async () => {
    await using nexus = await nexusSimulator({ personality: "n6k" });
    const request = {
      version: "1.0",
      type: "cli_show",
      chunk: "0",
      sid: "1",
      input: "bogus command",
      output_format: "xml",
    };
    const { status, body } = await send(nexus, JSON.stringify({ ins_api: request }), { type: "application/json" });
    expect(status).toBe(200);
    expect(lines(body)).toEqual(lines(recorded("06")));
  });

  test("07: what HTTP says by itself", async () => {
    await using nexus = await nexusSimulator();
    const recordings = parts(recorded("07"));
    const part = (status: string) =>
      [...recordings].find(([name]) => name.startsWith(`resp.error.${status}.`))?.[1] ?? "";
    const invalid = await send(nexus, JSON.stringify([{ method: "cli", params: { cmd: "show vlan" }, id: 1 }]));
    expect(invalid.status).toBe(200);
    expect(JSON.parse(invalid.body)).toStrictEqual(JSON.parse(part("200")));
    for (const [sent, status] of [
      [await send(nexus, "no JSON"), 400],
      [await send(nexus, "[]", { authorized: false }), 401],
      [await send(nexus, "", { method: "GET" }), 405],
    ] as const) {
      expect(sent.status).toBe(status);
      expect(lines(sent.body)).toEqual(lines(part(String(status))));
    }
  });

  test("08: ports as text, one on a VLAN that is not created", async () => {
    await using nexus = await nexusSimulator({
      personality: "n6k",
      interfaces: ["Ethernet2/2-3"],
      configuration:
        "interface e2/2 ; switchport mode trunk ; switchport trunk allowed vlan 100,300 ; interface e2/3 ; switchport access vlan 100",
    });
    const { body } = await rpc(nexus, ["show interface switchport"], "cli_ascii");
    expect(JSON.parse(body).result.msg.trim()).toBe(recorded("08").trim());
  });

  test("09: checkpoints as text, but for times and sizes", async () => {
    const recording = recorded("09");
    const [name = ""] = /(?<=1\) )[^:]+/.exec(recording) ?? [];
    await using nexus = await nexusSimulator({ configuration: "feature bfd" });
    await nexus.cli(`checkpoint ${name}`);
    await nexus.cli("no feature bfd");
    const { body } = await rpc(nexus, ["show checkpoint summary"], "cli_ascii");
    expect(lines(JSON.parse(body).result.msg).map(timeless)).toEqual(lines(recording).map(timeless));
  });
});

function timeless(line: string): string {
  return line
    .replace(/^Created at [A-Z][a-z]{2}, \d\d:\d\d:\d\d \d\d [A-Z][a-z]{2} \d{4}$/, "Created at …")
    .replace(/^Size is \d{1,3}(,\d{3})* bytes$/, "Size is …");
}
