/** Injection token of the loaded configuration (`Config`). */
export const CONFIG = Symbol('config');
