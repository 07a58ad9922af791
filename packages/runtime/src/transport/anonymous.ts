/** The caller of who gives no name: it may call, but nobody announces managers or speaks for others under it. */
export const anonymous = "anonymous";
