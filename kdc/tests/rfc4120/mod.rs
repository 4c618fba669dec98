mod section_1_2;
mod section_3_1;
mod section_3_3;
