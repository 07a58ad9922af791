import { expect, test } from "vitest";
import { Access } from "./access.ts";
import { compileOptions, type InspectorOptions } from "./options.ts";

const token = "operator-token-0123";
const viewToken = "viewer-token-012345";

function access(options: InspectorOptions = {}): Access {
  return new Access(compileOptions({ token, viewToken, ...options }, () => ""));
}

const from = (host: string, origin?: string) => ({ headers: origin === undefined ? { host } : { host, origin } });

test("one token may act, the other look, and no other anything", () => {
  const own = from("127.0.0.1:4870");
  expect(access().admit(own, token)).toEqual({ right: "act" });
  expect(access().admit(own, viewToken)).toEqual({ right: "look" });
  for (const wrong of [null, "", "operator-token-012", `${token}4`]) {
    expect(access().admit(own, wrong)).toMatchObject({ status: 401 });
  }
});

test("a page from elsewhere is refused even with the token, unless it is listed", () => {
  expect(access().admit(from("127.0.0.1:4870", "http://127.0.0.1:4870"), token)).toEqual({ right: "act" });
  for (const origin of ["http://evil.example", "http://127.0.0.1:9999", "null", "not an origin"]) {
    expect(access().admit(from("127.0.0.1:4870", origin), token)).toMatchObject({ status: 403 });
  }
  const open = access({ origins: ["https://ops.example/"] });
  expect(open.admit(from("127.0.0.1:4870", "https://ops.example"), token)).toEqual({ right: "act" });
});

test("on loopback it answers to loopback names only, so that no foreign name can be pointed at it", () => {
  for (const host of ["evil.example:4870", "", "127.0.0.1.evil.example"]) {
    expect(access().admit(from(host), token)).toMatchObject({ status: 403 });
  }
  for (const host of ["localhost:4870", "127.0.0.1", "[::1]:4870"]) {
    expect(access().admit(from(host), token)).toEqual({ right: "act" });
  }
  expect(access({ hostname: "0.0.0.0" }).admit(from("block-01:4870"), token)).toEqual({ right: "act" });
});
