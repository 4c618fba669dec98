mod section_3_1;
