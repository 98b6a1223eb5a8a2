/** Where the record of consent lies: all that the command looks at before it knows what to do. */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { consentFile as fileIn } from "../shared/locations.ts";

export const consentFile: string = fileIn({ env: process.env, home: homedir(), join, isAbsolute });
