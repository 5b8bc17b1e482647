/* Memory that a long-running command need not hold. */
#pragma once

/* Lets go of the pages of code and constants that starting up touched. The program carries libav and
 * what that draws in, 170 libraries of which the studio calls ten; linking them reads 30 MB. What is
 * called again comes back by itself. */
void cli_let_code_go(void);
