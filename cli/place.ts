/** Where the record of consent lies: all that the command looks at before it knows what to do. */
import { isAbsolute, join } from "node:path";
import { homeFolder } from "../server/config/home.ts";
import { consentFile as fileIn } from "../shared/consent/config-paths.ts";

export const consentFile: string = fileIn({ env: process.env, home: homeFolder(), join, isAbsolute });
