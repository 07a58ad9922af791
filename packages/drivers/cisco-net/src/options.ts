import { type Duration, durationMs, secret } from "@reeve/contract";
import { z } from "zod";

const vlanId = z.number().int().min(1).max(4094);
const Interface = z
  .string()
  .regex(/^(Ethernet\d+(\/\d+){1,2}|port-channel\d+)$/, "must be such as Ethernet1/7 or port-channel20");

const duration = (field: string, fallback: Duration) =>
  z
    .custom<Duration>((value) => typeof value === "number" || typeof value === "string", `must be such as "30s"`)
    .default(fallback)
    .transform((value, context) => {
      try {
        return durationMs(field, value);
      } catch {
        context.addIssue({ code: "custom", message: `must be such as "30s", or milliseconds` });
        return z.NEVER;
      }
    });

// What a message about a bad option shows is the value, and an address may hold a password: it is looked at by itself.
const Url = z.custom<string>(() => true);

function urlFault(value: unknown): string | undefined {
  const url = typeof value === "string" ? URL.parse(value) : null;
  if (url?.protocol !== "https:") return "expected an address such as https://switch-a.example";
  if (url.username !== "" || url.password !== "") return "expected no credentials in it; use username and password";
  return url.search !== "" || url.hash !== "" ? "expected nothing behind the path" : undefined;
}

/** How `ciscoNet` is configured: one driver is one switch. */
export const CiscoNetOptions = z
  .strictObject({
    /** `https://switch-a.example`, with a port where that is not 443. */
    url: Url,
    username: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^:]+$/, "must have no colon (RFC 7617)"),
    /** Part of no message, log line or error. */
    password: secret(z.string().min(1, "expected 1 to 255 characters").max(255, "expected 1 to 255 characters")),
    /** Certificates that the switch's may be signed by, in PEM. Default: those that Node trusts. */
    ca: z.string().includes("-----BEGIN CERTIFICATE-----", "must be in PEM").optional(),
    /** The wiring that its ports belong to. */
    physicalNetwork: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be a name such as dc1"),
    /** Interfaces that this driver may change, as the switch names them: `Ethernet1/7`, `port-channel20`. */
    interfaces: z
      .array(Interface)
      .min(1)
      .superRefine((names, context) => {
        const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
        if (twice >= 0) context.addIssue({ code: "custom", path: [twice], message: "is there twice" });
      }),
    /** VLAN ids that networks may have here; a range holds both its ends. Default 2 to 4094. What the switch reserves is left out. */
    vlans: z
      .array(z.tuple([vlanId, vlanId]).refine(([first, last]) => first <= last, "the first must not be above the last"))
      .min(1)
      .default([[2, 4094]]),
    /** The largest MTU of a network here, in bytes, which the switch's own configuration has to carry. Default 1500. */
    mtuMax: z.number().int().min(68).max(9216).default(1500),
    /** How long after the last change the switch is made to save its configuration; `false`: only when asked to. Default 10 s. */
    saveAfter: z
      .union([z.literal(false), duration("saveAfter", "10s")], `must be such as "30s", milliseconds, or false`)
      .default(10_000),
    /** How long an answer is awaited. Default 60 s. */
    requestTimeout: duration("requestTimeout", "60s").refine((ms) => ms > 0, "must be longer than 0"),
    /** How long a switch must have been up to be used: while it starts it has only part of its configuration. Default 180 s. */
    readyAfter: duration("readyAfter", "180s"),
  })
  .superRefine(({ url }, context) => {
    const fault = urlFault(url);
    if (fault) context.addIssue({ code: "custom", message: `url: ${fault}` });
  });
export type CiscoNetOptions = z.output<typeof CiscoNetOptions>;
