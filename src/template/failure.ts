/** Why a function could not give a value: what Go puts behind `error calling NAME: `. Never leaves this room. */
export class FunctionFailure extends Error {}

/** A template that would run or print without end. Never leaves this room. */
export class LimitFailure extends Error {}
