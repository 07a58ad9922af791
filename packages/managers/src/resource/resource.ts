import { z } from "zod";

/** Identities of resources: ULIDs when made here; any id that every driver takes. */
export const ResourceId = z.string().regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/, "must be an id");

/** What people call a resource; need not be unique. Any text but U+0000, which PostgreSQL takes in no text. */
export const ResourceName = z
  .string()
  .min(1)
  .max(255)
  .refine((name) => !name.includes("\0"), "must not hold the character U+0000");

/** What an operator writes down with an act that cannot be undone. */
export const AuditReason = z.string().trim().min(1).max(500);
