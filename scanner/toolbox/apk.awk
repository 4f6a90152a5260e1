# Reads apk's database of installed packages. show: names, versions, described, listed, installed, about, contents; wanted: names, one a line.
BEGIN {
  count = split(wanted, lines, "\n")
  for (i = 1; i <= count; i++) if (lines[i] != "") want[lines[i]] = 1
  RS = ""; FS = "\n"
}
{
  split("", field); files = ""; folder = ""
  for (i = 1; i <= NF; i++) {
    key = substr($i, 1, 1); value = substr($i, 3)
    if (key == "F") folder = value
    else if (key == "R") files = files (folder == "" ? "" : folder "/") value "\n"
    else if (!(key in field)) field[key] = value
  }
  if (length(want) && !(field["P"] in want)) next
  found[field["P"]] = 1
  full = field["P"] "-" field["V"]
  if (show == "names" || show == "installed") print field["P"]
  else if (show == "versions") print full
  else if (show == "described") print full " - " field["T"]
  else if (show == "listed") print full " " field["A"] " {" (field["o"] == "" ? field["P"] : field["o"]) "} (" field["L"] ") [installed]"
  else if (show == "contents") printf "%s contains:\n%s\n", full, files
  else printf "%s description:\n%s\n\n%s webpage:\n%s\n\n%s installed size:\n%d KiB\n\n", full, field["T"], full, field["U"], full, field["I"] / 1024
}
END { for (name in want) if (!(name in found)) exit 1 }
