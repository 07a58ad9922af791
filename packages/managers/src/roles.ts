/**
 * The role of people that answer for the whole control plane and of their tools: what tenants may not do themselves asks for it.
 *
 * @example
 * ```ts
 * const volume = supervisor.as({ user: "ada", roles: [operator] }).ref(volumes);
 * ```
 */
export const operator = "operator";

/**
 * The role that reaches what every tenant has. Without it a principal reaches what its own tenant has, and one without a
 * tenant what has none.
 *
 * @example
 * ```ts
 * const { items } = await supervisor.as({ user: "ada", roles: [allTenants] }).ref(volumes).list({});
 * ```
 */
export const allTenants = "all-tenants";
