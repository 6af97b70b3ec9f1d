#ifndef CREWAPP_H
#define CREWAPP_H

/// One file of the crew's app, by its path below Sources/CrewApp/Web.
struct crewapp_file {
  const char *path;
  const unsigned char *bytes;
  unsigned long size;
};

unsigned long crewapp_file_count(void);
struct crewapp_file crewapp_file_at(unsigned long index);

#endif
