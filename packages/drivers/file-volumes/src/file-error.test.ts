import { DriverError } from "@reeve/driver-sdk";
import { expect, test } from "vitest";
import { fileError } from "./file-error.ts";

const of = (code: string) => fileError("v.volume", Object.assign(new Error(code), { code })) as DriverError;

test.each([
  "EAGAIN",
  "EBUSY",
  "ETXTBSY",
  "EINTR",
  "ETIMEDOUT",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENOTCONN",
  "ENOMEM",
  "EIO",
  "ESTALE",
  "EMFILE",
])("%s passes by itself, so trying again is worth it", (errno) => {
  expect(of(errno)).toMatchObject({ code: "UNAVAILABLE", retryable: true, data: { errno } });
});

test.each(["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ELOOP"])("%s is for somebody to mend", (errno) => {
  expect(of(errno)).toMatchObject({ retryable: false, data: { errno } });
  expect(of(errno)).toBeInstanceOf(DriverError);
});

test("any other error stays what it is", () => {
  const other = new Error("a defect");
  expect(fileError("v.volume", other)).toBe(other);
});
