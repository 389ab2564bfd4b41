/** Where a unit's file lies. */
export const unitPath = (name: string): string => `/etc/systemd/system/${name}.service`
