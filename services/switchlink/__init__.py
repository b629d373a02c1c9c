"""switchlink: one beside each FreeSWITCH; its events out, commands in, its call records shipped."""
