import type { Random } from "../base/random.ts";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 22;

/** An id as NATS makes them: 22 letters and digits (https://github.com/nats-io/nuid). */
export function nuid(random: Random): string {
  let id = "";
  for (let i = 0; i < length; i++) id += digits[Math.floor(random() * digits.length)];
  return id;
}
