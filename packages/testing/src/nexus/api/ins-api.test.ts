import { expect, test } from "vitest";
import { nexusSimulator } from "../nexus-simulator.ts";
import { NxApiClient } from "../nxapi-client.test-kit.ts";

test("one command has one output, several have an array", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect(await client.ins("cli_conf", "vlan 7")).toEqual({ body: {}, input: "vlan 7", msg: "Success", code: "200" });
  const outputs = await client.ins("cli_conf", "vlan 8 ; name two ; vlan 9");
  expect(outputs.map(({ input }: { input: string }) => input)).toEqual(["vlan 8", "name two", "vlan 9"]);
});

test("some platforms answer once for all commands of a configuration", async () => {
  await using nexus = await nexusSimulator({ personality: "single" });
  const output = await new NxApiClient(nexus).ins("cli_conf", "vlan 8 ; name two");
  expect(output).toMatchObject({ input: "vlan 8 ; name two", code: "200" });
});

test("a refused command is inside of HTTP 200, and stops the rest", async () => {
  await using nexus = await nexusSimulator();
  const outputs = await new NxApiClient(nexus).ins("cli_conf", "vlan 7 ; vlan 4095 ; vlan 9");
  expect(outputs[1]).toEqual({
    clierror: "% Invalid value/range\n",
    input: "vlan 4095",
    msg: "CLI execution error",
    code: "400",
  });
  expect(outputs).toHaveLength(2);
  await using n6k = await nexusSimulator({ personality: "n6k" });
  const output = await new NxApiClient(n6k).ins("cli_show", "bogus");
  expect(output).toMatchObject({ msg: "Input CLI command error", code: "400" });
});

test("a structured show has objects or arrays, an ascii one text", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  const plain = (await client.ins("cli_show", "show vlan brief")).body;
  expect(plain.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief["vlanshowbr-vlanid"]).toBe("1");
  const arrays = (await client.ins("cli_show_array", "show vlan brief")).body;
  expect(arrays.TABLE_vlanbriefxbrief[0].ROW_vlanbriefxbrief[0]).toEqual(
    plain.TABLE_vlanbriefxbrief.ROW_vlanbriefxbrief,
  );
  expect((await client.ins("cli_show_ascii", "show vlan brief")).body).toMatch(/^VLAN Name/);
  const unstructured = await client.ins("cli_show", "show startup-config");
  expect([unstructured.code, unstructured.body]).toEqual(["501", {}]);
});

test("a show does not configure, a configuration does not show", async () => {
  await using nexus = await nexusSimulator();
  const client = new NxApiClient(nexus);
  expect(await client.ins("cli_show", "vlan 7")).toMatchObject({ code: "405" });
  expect(await client.ins("cli_conf", "show vlan")).toMatchObject({ code: "405" });
  expect(nexus.audit.commands()).toEqual([]);
});

test("an answer in XML has the same outputs", async () => {
  await using nexus = await nexusSimulator();
  const text = await new NxApiClient(nexus).ins("cli_show", "show vlan brief", "xml");
  expect(text).toContain("<vlanshowbr-vlanname>default</vlanshowbr-vlanname>");
  expect(text).toContain("<code>200</code>");
});
