/* The smallest program: takes a room whole, see tests/meson.build. */
int main(void);
int main(void)
{
    return 0;
}
