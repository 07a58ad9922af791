const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** When what has this id was created, in milliseconds since 1970: ids are ULIDs, which begin with that. Undefined for any other id. */
export function createdAt(id: string): number | undefined {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return undefined;
  let at = 0;
  for (const digit of id.slice(0, 10)) at = at * 32 + digits.indexOf(digit);
  return at;
}
