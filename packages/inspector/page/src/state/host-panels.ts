/** The panels that every host has of itself, by id and title: shown together on the page of hosts, and no tabs of their own. */
export const hostPanels: readonly (readonly [id: string, title: string])[] = [
  ["links", "Links"],
  ["drivers", "Drivers"],
  ["versions", "Versions"],
];

export const hostPanelIds: readonly string[] = hostPanels.map(([id]) => id);
