import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const page = resolve(import.meta.dirname, "../../packages/managers/README.md");

/** A block of the page as it stands, but for the host that it would take. */
function networksOnAPanel(): string {
  const blocks = [...readFileSync(page, "utf8").matchAll(/^```ts\n([\s\S]*?)^```/gm)];
  const [code = ""] = blocks.flatMap(([, code = ""]) => (code.includes("vlanNetworkManager") ? [code] : []));
  return [
    ['import { linuxNet } from "@reeve/linux-net"', 'import { patchPanel } from "@reeve/testing"'],
    ['linuxNet({ physicalNetworks: { dc1: { uplink: "eth1" } } })', "patchPanel().driver"],
    ['path: "/var/lib/reeve/net-01.sqlite"', 'path: ":memory:"'],
    ['host: "net-01", ', 'host: "net-01", log: { level: "error" }, '],
  ].reduce((text, [from = "", to = ""]) => {
    if (!text.includes(from)) throw new Error(`${page} has no ${from}`);
    return text.replace(from, to);
  }, code);
}

test("the networks of the managers' README are made, and their port is attached step by step", async () => {
  const program = `${networksOnAPanel()}\nawait supervisor.stop();`;
  const args = ["--conditions=reeve-source", "--input-type=module-typescript", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  expect(stdout).toMatch(/^claim\nsegment\nwire\nguard\n/);
  expect(stdout).toContain("ip: '10.0.0.2'");
  expect(stdout).toContain("kind: 'netns'");
});
