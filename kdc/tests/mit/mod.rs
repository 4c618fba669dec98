mod lockout;
mod log;
mod process;
